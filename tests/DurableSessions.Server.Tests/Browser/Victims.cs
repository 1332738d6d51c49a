using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Browser;

/// <summary>A server in dev mode and one with a key, each started by the first test that asks for it.</summary>
public sealed class Victims(AzuriteFixture azurite) : IAsyncDisposable
{
    private readonly Lazy<Task<Victim>> _open = new(() => Victim.StartAsync(azurite, withKey: false));
    private readonly Lazy<Task<Victim>> _closed = new(() => Victim.StartAsync(azurite, withKey: true));

    internal Task<Victim> GetAsync(bool withKey) => (withKey ? _closed : _open).Value;

    public async ValueTask DisposeAsync()
    {
        foreach (Lazy<Task<Victim>> victim in (Lazy<Task<Victim>>[])[_open, _closed])
        {
            if (victim is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
            {
                await (await victim.Value).DisposeAsync();
            }
        }
    }
}
