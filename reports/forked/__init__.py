"""What a person reads of cases that have a process each: cold starts, memory, traces."""
