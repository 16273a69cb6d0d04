"""The app and several hosts over connections that are cut, held up and refused by chance."""
