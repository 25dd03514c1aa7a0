"""Why does this car not charge smartly? A vehicle's logs, read from ev.energy for staff and operators."""
