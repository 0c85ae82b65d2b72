"""What happens to an incident: working time, states, duties, duplicates. Pure: no clock, no database."""
