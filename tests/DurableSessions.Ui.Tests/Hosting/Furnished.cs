using Azure.Storage.Blobs;
using DurableSessions.Core.Identities;
using DurableSessions.Http.Keys;
using DurableSessions.Testing;

namespace DurableSessions.Ui.Tests.Hosting;

/// <summary>
/// One host for all pages, whose storage has a session with archives, memories and hostile text, of one user among others.
/// </summary>
public sealed class Furnished(SimulatedFixture storage) : IAsyncLifetime
{
    /// <summary>A text that would be markup, and one that would change the order of what stands around it.</summary>
    public const string Hostile = "<script>alert(1)</script> \u202Eevil\u0007";

    private UiHost? _host;

    internal UiHost Host => _host!;

    internal SessionKey Session { get; } = new("acme", "ann", "support-2026");

    public string Key { get; private set; } = "";

    public string ReadOnlyKey { get; private set; } = "";

    public string OthersKey { get; private set; } = "";

    public string OperatorsKey { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        BlobContainerClient container = await storage.NewContainerAsync();
        var keys = new KeyStore(container, TimeProvider.System);
        CancellationToken ends = TestContext.Current.CancellationToken;
        Key = (await keys.AddAsync("acme", "ann", ends)).Text;
        ReadOnlyKey = (await keys.AddAsync(new NewKey("acme", "ann") { IsReadOnly = true }, ends)).Text;
        OthersKey = (await keys.AddAsync("acme", "bob", ends)).Text;
        OperatorsKey = (await keys.AddAsync(null, null, ends)).Text;
        _host = await UiHost.StartAsync(storage, container.Name);
        await _host.AppendAsync(
            Session, ("user", "The export fails since Friday."), ("user", "remember the export runs at noon"),
            ("assistant", "I looked at the log: a time zone was missing.\n\nThe next run will use UTC."));
        await _host.CommitAsync(Session);
        await _host.AppendAsync(Session, ("user", "It works again. Thank you!"));
        await _host.CommitAsync(Session);
        await _host.AppendToolAsync(Session);
        await _host.AppendAsync(Session, ("user", Hostile), ("assistant", string.Join('\n', Enumerable.Range(1, 40).Select(
            static n => $"{n}. A line of a long answer about the export, with what was tried and what came of it."))));
        foreach (string id in new[] { "support-2025", "planning", "20261128-081500-0123456789abcdef" })
        {
            await _host.AppendAsync(Session.Owner.Session(id), ("user", "Hello"));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }
    }
}
