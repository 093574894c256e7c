"""The surroundings of a student's program: sandbox, confinement, spare user, private network. It judges nothing."""
