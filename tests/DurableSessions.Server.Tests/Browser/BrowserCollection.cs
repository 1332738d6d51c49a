namespace DurableSessions.Server.Tests.Browser;

/// <summary>The tests of pages, one after the other: they look at the state of the same servers.</summary>
[CollectionDefinition]
public sealed class BrowserCollection : ICollectionFixture<Victims>;
