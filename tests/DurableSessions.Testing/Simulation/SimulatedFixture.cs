namespace DurableSessions.Testing;

/// <summary>One <see cref="SimulatedStorage"/> for a test assembly or class: see <see cref="AzuriteFixture"/>.</summary>
public sealed class SimulatedFixture : StorageFixture
{
    private readonly SimulatedStorage _storage = new();

    /// <inheritdoc/>
    public override TimeSpan Silence { get; } = TimeSpan.FromMilliseconds(25);

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private protected override Task<StorageAccount> AccountAsync() =>
        Task.FromResult(new StorageAccount(SimulatedStorage.ConnectUnsigned, _storage.Configure));
}
