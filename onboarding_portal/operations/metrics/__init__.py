"""What Prometheus reads: counts of all processes added up, and how things stand, read when it asks."""
