"""What the people of a shop act on: suspicious rows, the value of users, the relevance of items."""
