// Xunit has a class of this name too.
global using Record = DurableSessions.Model.Tests.State.Record;
