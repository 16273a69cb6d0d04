"""What is told to a person who looks elsewhere: found, rung for, said by a command of theirs."""
