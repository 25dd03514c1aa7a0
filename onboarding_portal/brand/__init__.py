"""The company's face: its colours, logo and favicon, one source for owners' pages, staff's pages and e-mails."""
