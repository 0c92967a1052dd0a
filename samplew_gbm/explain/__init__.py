"""Why a row of a log weighs what it weighs, and why an item is recommended: values, and their words."""
