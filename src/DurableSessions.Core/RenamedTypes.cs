// The composition of the store calls these types by their earlier names. It goes with the last use of those.
global using MemoryChoice = DurableSessions.Core.Memories.MemorySelector;
global using SessionLanes = DurableSessions.Core.Appending.SessionAppenders;
