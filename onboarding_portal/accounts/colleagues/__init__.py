"""Who works here: colleagues begin, set their passwords by mail, and leave."""
