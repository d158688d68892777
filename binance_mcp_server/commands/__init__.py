"""MCP tools, resources and prompts by domain: arguments in, one call of a service, a view out."""
