"""What runs inside a hosted sandbox, beside the local worker's modules. Standard library only."""
