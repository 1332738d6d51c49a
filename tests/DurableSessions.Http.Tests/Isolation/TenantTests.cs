using System.Text.RegularExpressions;
using CsCheck;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Testing;

namespace DurableSessions.Http.Tests.Isolation;

/// <summary>
/// Four tenants, with the same names for all they have, send requests to every route of callers at the same time: each gets what it gets
/// from a service that has no other tenant.
/// </summary>
public sealed partial class TenantTests
{
    private const int Runs = 3;

    // As many requests as a test sends in a moment.
    private static readonly HttpLimits s_limits = new() { RequestsPerSecond = 100_000, Burst = 100_000 };

    private static readonly (string Account, string User)[] s_tenants =
        [("acme", "ann"), ("acme", "anna"), ("acme.", "ann"), ("acme.", "anna")];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public Task Each_gets_the_answers_that_it_gets_alone_and_no_text_of_another() => Gen.Select(
        Step.Sequences, Step.Sequences, Step.Sequences, Step.Sequences, static (a, b, c, d) => (Step[][])[a, b, c, d])
        .SampleAsync(CheckAsync, iter: Runs, threads: 1, print: static s => $"{s.Sum(static t => t.Length)} steps");

    private static async Task CheckAsync(Step[][] sequences)
    {
        var log = new RequestLog();
        int[] all = [.. Enumerable.Range(0, s_tenants.Length)];
        string[][] together = await RunAsync(all, sequences, log);
        string[][][] alone = await Task.WhenAll(all.Select(t => RunAsync([t], sequences, new RequestLog())));
        foreach (int tenant in all)
        {
            for (int i = 0; i < together[tenant].Length; i++)
            {
                string answer = together[tenant][i];
                string step = $"Tenant {tenant}, step {i}, {sequences[tenant][i]}";
                Assert.True(answer == alone[tenant][tenant][i], $"{step}:\n{answer}\nand alone:\n{alone[tenant][tenant][i]}");
                Assert.All(
                    all.Where(t => t != tenant),
                    other => Assert.False(answer.Contains(Canary(other), StringComparison.Ordinal), $"{step}: {answer}"));
            }
        }

        // The folder of one tenant may begin with the name of another: what is listed ends with a slash.
        Assert.DoesNotContain(log.Requests, static r => r is { Comp: "list", Prefix: not "" } && !r.Prefix.EndsWith('/'));
        Assert.Contains(log.Requests, static r => r is { Comp: "list", Prefix: not "" });
        Assert.All(all, tenant => Assert.Contains(together[tenant], a => a.Contains(Canary(tenant), StringComparison.Ordinal)));
    }

    // The answers of these tenants, by their numbers.
    private static async Task<string[][]> RunAsync(int[] tenants, Step[][] sequences, RequestLog log)
    {
        SessionStorage storage = new SimulatedStorage().Connect("tenants", log.Configure);
        await storage.Container.CreateAsync(cancellationToken: Cancelled);
        var keys = new KeyStore(storage.Container, TimeProvider.System);
        string[] texts = new string[s_tenants.Length];
        foreach (int tenant in tenants)
        {
            texts[tenant] = (await keys.AddAsync(s_tenants[tenant].Account, s_tenants[tenant].User, Cancelled)).Text;
        }

        await using ApiHost host = await ApiHost.StartAsync(storage, keyTime: TimeProvider.System, limits: s_limits);
        string[] tasks = new string[s_tenants.Length];
        string[][] answers = new string[s_tenants.Length][];
        await Task.WhenAll(tenants.Select(async tenant =>
        {
            answers[tenant] = new string[sequences[tenant].Length];
            for (int i = 0; i < answers[tenant].Length; i++)
            {
                Step step = sequences[tenant][i];
                string task = tasks[step.NamesForeignTask ? (tenant + 1) % tasks.Length : tenant] ?? new string('0', 32);
                using HttpRequestMessage request = step.Request(task, $"remember {Canary(tenant)}");
                request.Headers.Add("X-API-Key", texts[tenant]);
                Reply reply = await host.SendAsync(request);
                tasks[tenant] = TaskId().Match(reply.Text) is { Success: true } made ? made.Groups[2].Value : tasks[tenant];
                answers[tenant][i] = $"{reply.Status} {Normalize(step, reply.Text.Replace(task, "{task}", StringComparison.Ordinal))}";
            }
        }));
        return answers;
    }

    private static string Canary(int tenant) => $"canary{tenant}x";

    // A page of sessions is in the order of times.
    private static string Normalize(Step step, string text)
    {
        string normal = Varying().Replace(text, "*");
        return step.Route == "GET /api/v1/sessions/"
            ? string.Join("},{", Item().Matches(normal).Select(static m => m.Value).Order())
            : normal;
    }

    // Random ids, versions, and times.
    [GeneratedRegex(
        """("(trace_id|etag)":"([^"\\]|\\.)*"|"(updated_at|created_at)":[0-9.]+|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+|"""
        + """id: [a-z_-]+-[0-9]+-[0-9a-f]{32}|msg_[0-9a-f]{32}|digest-[0-9a-f]{12}|(?<![0-9a-f])[cka][0-9a-f]{31})""")]
    private static partial Regex Varying();

    [GeneratedRegex("""("session_id":"[^"]*","uri":"[^"]*")""")]
    private static partial Regex Item();

    [GeneratedRegex("""("task_id":"([cka][0-9a-f]{31})")""")]
    private static partial Regex TaskId();
}
