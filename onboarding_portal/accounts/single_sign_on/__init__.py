"""Staff sign in at the company's OpenID provider, where the settings name one."""
