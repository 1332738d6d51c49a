using DurableSessions.Testing;

namespace DurableSessions.Model.Tests;

/// <summary>Another Azurite beside the one of the assembly.</summary>
public sealed class SecondAzurite : IAsyncLifetime
{
    public AzuriteFixture Azurite { get; } = new();

    public ValueTask InitializeAsync() => Azurite.InitializeAsync();

    public ValueTask DisposeAsync() => Azurite.DisposeAsync();
}
