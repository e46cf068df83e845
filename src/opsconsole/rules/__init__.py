"""Pure judgement: readings and policy in, findings out."""
