"""What is tried: programs that run inside and look for a way out, and acts that are watched from outside."""
