"""Task 5, the homework: frames with their length before them in place of lines."""
