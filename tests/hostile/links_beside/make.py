import os
import sys

sys.dont_write_bytecode = True
import targets

os.symlink(targets.SECRET_FILE, "notes.txt")
os.symlink(targets.HOME, "folder")
os.symlink(targets.RESULTS, "grades.txt")
os.link(targets.RESULTS, "hard.txt")
