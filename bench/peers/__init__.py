"""What reads pages beside the project, each in a process and an environment of its own."""
