"""Files on their way in: names made safe, a look inside (in the sandbox), questions that fit."""
