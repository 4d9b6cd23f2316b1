"""The gRPC server that hosts the engines, and its client (`server.api.client`)."""
