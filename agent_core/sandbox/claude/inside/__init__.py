"""What runs inside a container at Claude."""
