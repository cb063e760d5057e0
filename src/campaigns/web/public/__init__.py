"""What people who got a message may do: stop messages. Imports neither the lake nor templates of mailings."""
