"""Asks every configured source whether it answers, what it allows, and what to do where it is not well."""
