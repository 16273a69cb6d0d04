"""Raw event streams of model providers."""
