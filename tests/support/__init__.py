"""What the tests stand on: database servers, the browser, the served application."""
