"""What is so: observable objects of QtCore and QtGui, without a widget. All of them live in the window's thread."""
