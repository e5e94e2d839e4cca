"""What runs inside a Daytona sandbox, beside the local worker's modules. Standard library only."""
