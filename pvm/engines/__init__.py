"""The engines: executors of verified modules, and the small interface that they share."""
