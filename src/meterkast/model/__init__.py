"""The words everybody shares. No room below this one, and nothing here touches the world."""
