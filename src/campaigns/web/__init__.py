"""The pages: `public` for people who got a message. Each application stands alone."""
