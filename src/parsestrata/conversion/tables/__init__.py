"""Tables, whole: found in a result, titled, read as numbers and handed to others."""
