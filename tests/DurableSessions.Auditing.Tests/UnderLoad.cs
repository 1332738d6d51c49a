using System.Diagnostics.CodeAnalysis;
using DurableSessions.Core.Auditing;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Auditing.Tests;

/// <summary>Hosts at work and an audit beside them. What derives from it runs beside each other.</summary>
public abstract class UnderLoad(SimulatedFixture storage)
{
    private const int Audits = 6;

    private static readonly SessionOptions Rolling = new() { BlocksPerSegment = 3 };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [SuppressMessage(
        "Reliability", "CA2025", Justification = "They are awaited where the test succeeds; where it fails, its hosts end like processes.")]
    protected async Task AuditUnderLoadAsync(bool repair)
    {
        var container = new AuditedContainer(await storage.NewContainerAsync());
        using Host one = await Host.RunAsync(storage, container.Name, Rolling);
        using Host two = await Host.RunAsync(storage, container.Name, Rolling);
        using Host auditor = await Host.StartAsync(storage, container.Name);
        SessionKey[] keys = [.. Enumerable.Range(1, 3).Select(static i => new SessionKey("acme", "ada", $"s{i}"))];
        foreach (SessionKey key in keys)
        {
            await one.AppendAsync(key, "first");
        }

        using var stop = new CancellationTokenSource();
        Task<int>[] work =
        [
            .. keys.SelectMany(k => (Task<int>[])[WorkAsync(one, k, "one", stop.Token), WorkAsync(two, k, "two", stop.Token)]),
        ];
        for (int audit = 1; audit <= Audits; audit++)
        {
            List<Finding> findings = await AuditedContainer.AuditAsync(auditor, repair, repair ? TimeSpan.Zero : null);
            Assert.True(
                findings.TrueForAll(static f => f.Severity != FindingSeverity.Error && f.Kind != FindingKind.Abandoned),
                AuditedContainer.Describe(findings));
        }

        await stop.CancelAsync();
        int[] sent = await Task.WhenAll(work);
        Assert.All(sent, static s => Assert.True(s > 0));
        for (int i = 0; i < keys.Length; i++)
        {
            Assert.Equal(1 + sent[2 * i] + sent[(2 * i) + 1], (await auditor.AuditAsync(keys[i])).Everything.Count);
        }
    }

    private static async Task<int> WorkAsync(Host host, SessionKey key, string name, CancellationToken stop)
    {
        int sent = 0;
        for (int round = 1; !stop.IsCancellationRequested; round++)
        {
            await host.AppendAsync(key, $"{name}-{round}");
            sent++;
            if (round % 5 == 0)
            {
                CommitAnswer answer = await host.Store.Commits.CommitAsync(
                    key, new CommitRequest { KeepRecentCount = round % 3 }, Cancelled);
                if (answer.Task is { } task)
                {
                    await host.EndOfAsync(key, task.TaskId);
                }
            }
        }

        return sent;
    }
}
