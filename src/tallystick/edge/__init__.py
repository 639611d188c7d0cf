"""What every HTTP door needs: route rules, sessions, CSRF, security headers, size and rate limits."""
