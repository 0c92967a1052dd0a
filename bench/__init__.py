"""Published protocols run through the command line, with time and memory."""
