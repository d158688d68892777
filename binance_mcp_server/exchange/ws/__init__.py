"""The stream side: names, control messages and rules (pure), what is told and when (pure), and the sockets."""
