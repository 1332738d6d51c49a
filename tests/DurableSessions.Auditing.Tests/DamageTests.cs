using System.Text.Json.Nodes;
using DurableSessions.Core.Auditing;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Commits.Steps;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Auditing.Tests;

/// <summary>
/// Every kind of damage, done by hand to a session with two archives, a retained message, a full segment and one that is not.
/// </summary>
public sealed class DamageTests(SimulatedFixture storage)
{
    private readonly SessionKey _key = new("acme", "ada.", "s1");

    private static readonly Dictionary<string, Damage> Damages = new()
    {
        ["the last segment is deleted"] = new(
            static async s => await s.DeleteAsync(await s.FindAsync("segments/", await LastAsync(s))),
            FindingKind.SegmentLost, "segments/", ".jsonl"),
        ["the retained segment is deleted"] = new(
            static async s => await s.DeleteAsync(await RetainedAsync(s)), FindingKind.SegmentLost, "segments/", ".jsonl"),
        ["a full segment takes appends"] = new(Unseal, FindingKind.SegmentNotSealed, "segments/", ".jsonl"),
        ["a segment holds no message"] = new(
            static async s => await s.AppendAsync(await s.FindAsync("segments/", await LastAsync(s)), "{\"id\":1}\n"),
            FindingKind.SegmentDamaged, "segments/", ".jsonl"),
        ["a segment ends within a line"] = new(
            static async s => await s.AppendAsync(await s.FindAsync("segments/", await LastAsync(s)), "{"),
            FindingKind.SegmentDamaged, "segments/", ".jsonl"),
        ["an archived message is live too"] = new(
            static async s => await s.AppendAsync(
                await s.FindAsync("segments/", await LastAsync(s)),
                (await s.ReadAsync(await ArchiveAsync(s, 1, "messages.jsonl"))).Split('\n')[0] + "\n"),
            FindingKind.DuplicateMessage, "archives/", "messages.jsonl"),
        ["a live message is live twice"] = new(
            static async s => await s.AppendAsync(
                await s.FindAsync("segments/", await LastAsync(s)), await s.ReadAsync(await RetainedAsync(s))),
            FindingKind.DuplicateMessage, "segments/", ".jsonl"),
        ["the manifest is no JSON"] = new(
            static async s => await s.WriteAsync(await s.FindAsync("manifests/", ""), "{\"format\":"),
            FindingKind.ManifestUnreadable, "manifests/", ""),
        ["the manifest has no list"] = new(
            static s => s.ChangeManifestAsync(static m => m["pending"] = null), FindingKind.ManifestUnreadable, "manifests/", ""),
        ["the manifest has a later format"] = new(
            static s => s.ChangeManifestAsync(static m => m["format"] = 2), FindingKind.ManifestUnreadable, "manifests/", ""),
        ["the manifest is another session's"] = new(
            static s => s.ChangeManifestAsync(static m => m["session_id"] = "s2"), FindingKind.ManifestInconsistent, "manifests/", ""),
        ["the manifest forgot its overview"] = new(
            static s => s.ChangeManifestAsync(static m => m.Remove("overview")), FindingKind.ManifestInconsistent, "manifests/", ""),
        ["the manifest has an uncovered archive that does not exist"] = new(
            static s => s.ChangeManifestAsync(static m => m["uncovered"] = new JsonArray(
                new JsonObject { ["number"] = 9, ["commit_id"] = "c", ["attempt"] = 1 })),
            FindingKind.ManifestInconsistent, "manifests/", ""),
        ["an archive is deleted"] = new(
            static async s => await s.DeleteAsync(await ArchiveAsync(s, 1, "messages.jsonl")),
            FindingKind.ArchiveLost, "archives/", "messages.jsonl"),
        ["an archive lacks a message"] = new(
            static async s => await ChangeArchiveAsync(s, static text => text[..(text.IndexOf('\n', StringComparison.Ordinal) + 1)]),
            FindingKind.ArchiveDamaged, "archives/", "messages.jsonl"),
        ["an archive has other words"] = new(
            static async s => await ChangeArchiveAsync(s, static text => text.Replace("a1", "x1", StringComparison.Ordinal)),
            FindingKind.ArchiveDamaged, "archives/", "messages.jsonl"),
        ["an archive is cut off"] = new(
            static async s => await ChangeArchiveAsync(s, static text => text[..^5]),
            FindingKind.ArchiveDamaged, "archives/", "messages.jsonl"),
        ["an index entry is deleted"] = new(
            static async s => await s.DeleteAsync(await s.FindAsync("archives/", "index/00000002.json")),
            FindingKind.IndexDamaged, "archives/", "index/00000002.json"),
        ["an index entry leads elsewhere"] = new(
            static async s =>
            {
                string entry = await s.FindAsync("archives/", "index/00000002.json");
                string content = await s.ReadAsync(entry);
                await s.WriteAsync(entry, content.Replace("\"number\":2", "\"number\":3", StringComparison.Ordinal));
            },
            FindingKind.IndexDamaged, "archives/", "index/00000002.json"),
        ["a record is deleted"] = new(
            static async s => await s.DeleteAsync(await ArchiveAsync(s, 2, "record.json")),
            FindingKind.RecordDamaged, "archives/", "record.json"),
        ["the digest of an older archive is deleted"] = new(
            static async s => await s.DeleteAsync(await ArchiveAsync(s, 1, "semantic.json")),
            FindingKind.DigestLost, "archives/", "semantic.json"),
        ["the overview is unreadable"] = new(
            static async s => await s.WriteAsync(await ArchiveAsync(s, 2, "semantic.json"), "[]"),
            FindingKind.DigestLost, "archives/", "semantic.json"),
    };

    public static TheoryData<string> Names => [.. Damages.Keys];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Damage_is_found_and_named_and_never_repaired(string damage)
    {
        (Func<AuditedContainer, Task> damageAsync, FindingKind kind, string start, string end) = Damages[damage];
        var container = new AuditedContainer(await storage.NewContainerAsync());
        using Host host = await Host.RunAsync(storage, container.Name, new SessionOptions { BlocksPerSegment = 2 });
        await FillAsync(host);
        Assert.Empty(await AuditedContainer.AuditAsync(host, age: TimeSpan.Zero));

        await damageAsync(container);
        Dictionary<string, string> before = await container.ListAsync();
        List<Finding> findings = await AuditedContainer.AuditAsync(host, repair: true);
        Finding error = findings.First(static f => f.Severity == FindingSeverity.Error);
        Assert.Equal(kind, error.Kind);
        Assert.StartsWith(start, error.Blob, StringComparison.Ordinal);
        Assert.EndsWith(end, error.Blob, StringComparison.Ordinal);
        bool isOfManifest = kind is FindingKind.ManifestInconsistent or FindingKind.ManifestUnreadable;
        Assert.Equal(isOfManifest ? "acme/ada./s1" : _key.ToString(), error.Session);
        Assert.Single(findings.Where(static f => f.Severity == FindingSeverity.Error).Select(static f => f.Kind).Distinct());
        Assert.All(findings, static f => Assert.DoesNotContain(f.Repair, (RepairState[])[RepairState.Removed, RepairState.Removable]));
        Assert.Equal(before, await container.ListAsync());
    }

    [Fact]
    public async Task A_commit_without_an_instance_is_reported_and_is_no_error()
    {
        var container = new AuditedContainer(await storage.NewContainerAsync());
        using Host host = await Host.StartAsync(storage, container.Name);
        await host.AppendAsync(_key, "m1", "m2");
        CommitInput commit = await host.AcceptAsync(_key, "c1", keepRecent: 1);
        CommitProgress staged = await host.ArchiveToTempAsync(commit);
        await AssertAbandonedAsync(host, "has cut the live log");
        await host.ClearLiveAsync(commit, staged);
        await AssertAbandonedAsync(host, "has not switched archive 1");

        // And what it staged is checked like an archive.
        string blob = await container.FindAsync("archives/", "messages.jsonl");
        await container.WriteAsync(blob, (await container.ReadAsync(blob)).Replace("m1", "mx", StringComparison.Ordinal));
        Finding error = Assert.Single(await AuditedContainer.AuditAsync(host), static f => f.Severity == FindingSeverity.Error);
        Assert.Equal((FindingKind.ArchiveDamaged, blob), (error.Kind, error.Blob));
    }

    [Fact]
    public async Task An_orchestration_that_cannot_be_read_is_reported_and_ends_no_audit()
    {
        var container = new AuditedContainer(await storage.NewContainerAsync());
        CommitTask task;
        using (Host dying = await Host.RunAsync(storage, container.Name))
        {
            dying.Processor.Before = static token => Task.Delay(Timeout.Infinite, token);
            await dying.AppendAsync(_key, "m1", "m2");
            task = await dying.CommitAsync(_key);
            await dying.StageAsync(task.TaskId, "summarizing");
            await dying.KillAsync();
        }

        // The blob keeps the metadata by which hosts know the instance.
        await container.DamageAsync($"orchestrations/active/{task.TaskId}.json", "{");
        using Host auditor = await Host.StartAsync(storage, container.Name);
        Finding damaged = Assert.Single(await AuditedContainer.AuditAsync(auditor, repair: true, age: TimeSpan.Zero));
        Assert.Equal(
            (FindingKind.OrchestrationDamaged, FindingSeverity.Error, task.TaskId), (damaged.Kind, damaged.Severity, damaged.Blob));

        using Host host = await Host.RunAsync(storage, container.Name);
        await host.AppendAsync(_key, "m3");
        await host.CommitToEndAsync(_key);
        Finding kept = Assert.Single(
            await AuditedContainer.AuditAsync(auditor), static f => f.Kind == FindingKind.OrchestrationDamaged);
        Assert.Equal((FindingSeverity.Information, task.TaskId), (kept.Severity, kept.Blob));
        Assert.Equal(["m1", "m2", "m3"], (await host.AuditAsync(_key)).Everything);
    }

    private static async Task AssertAbandonedAsync(Host host, string what)
    {
        Finding finding = Assert.Single(await AuditedContainer.AuditAsync(host, repair: true, age: TimeSpan.Zero));
        Assert.Equal((FindingKind.Abandoned, FindingSeverity.Information), (finding.Kind, finding.Severity));
        Assert.Contains(what, finding.Message, StringComparison.Ordinal);
    }

    private async Task FillAsync(Host host)
    {
        await host.AppendAsync(_key, "a1", "a2");
        await host.EndOfAsync(_key, (await host.CommitAsync(_key)).TaskId);
        await host.AppendAsync(_key, "b1", "b2", "b3");
        await host.EndOfAsync(_key, (await host.CommitAsync(_key, keepRecent: 1)).TaskId);
        for (int i = 1; i <= 3; i++)
        {
            await host.AppendAsync(_key, $"c{i}");
        }

        await host.QuietAsync();
    }

    private static async Task<string> LastAsync(AuditedContainer container) => (await LiveAsync(container))[^1].Split('/')[^1];

    private static async Task<string> RetainedAsync(AuditedContainer container) =>
        (await LiveAsync(container)).Single(static n => n.Contains("/retained-", StringComparison.Ordinal));

    private static async Task<List<string>> LiveAsync(AuditedContainer container) =>
        [.. JsonNode.Parse(await container.ReadAsync(await container.FindAsync("manifests/", "")))!["live"]!.AsArray()
            .Select(static s => (string)s!["name"]!)];

    private static async Task<string> ArchiveAsync(AuditedContainer container, int number, string file)
    {
        JsonNode entry = JsonNode.Parse(await container.ReadAsync(await container.FindAsync("archives/", $"index/{number:D8}.json")))!;
        return await container.FindAsync("archives/", $"/{entry["commit_id"]}/1/{file}");
    }

    private static async Task ChangeArchiveAsync(AuditedContainer container, Func<string, string> change)
    {
        string blob = await ArchiveAsync(container, 1, "messages.jsonl");
        await container.WriteAsync(blob, change(await container.ReadAsync(blob)));
    }

    private static async Task Unseal(AuditedContainer container)
    {
        string full = (await LiveAsync(container))[^2];
        string content = await container.ReadAsync(full);
        await container.DeleteAsync(full);
        await container.CreateSegmentAsync(full, content);
    }

    /// <summary>What is done; what is found; where the blob's name begins and ends.</summary>
    private sealed record Damage(Func<AuditedContainer, Task> DoAsync, FindingKind Kind, string Start, string End);
}
