"""What is true: values, rules and formulas, on attrs and the standard library only."""
