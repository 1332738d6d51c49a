using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using DurableSessions.Core;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Tasks;
using DurableSessions.Http.Audit;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Orchestrations;
using DurableSessions.Http.Requests;
using DurableSessions.Orchestration;
using DurableSessions.Ui.Commits;
using DurableSessions.Ui.Live;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DurableSessions.Ui.Pages;

/// <summary>Commits of all users for an operator, and one commit for its user as well.</summary>
internal static class CommitPages
{
    private const int RowsAtOnce = 50;
    private const int MaxPage = CommitBoard.MostRows / RowsAtOnce;
    private const int MaxReasonLength = 200;

    private static readonly JsonWriterOptions s_json = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void MapCommitPages(this IEndpointRouteBuilder ui)
    {
        RouteGroupBuilder commits = ui.MapGroup("/commits");
        commits.MapGet("/", ListAsync).WithWeight(2);
        commits.MapGet("/live", static (Operator _, CommitBoard board, BulkRetry retry) => new LiveStream(
            "commits", async token => $"{(await board.ReadAsync(token)).Version}.{retry.Last?.GetHashCode()}")).WithWeight(2);
        commits.MapPost("/retry", RetryAllAsync).WithMetadata(new OperatorAction("retryAll")).WithWeight(100);
        commits.MapPost("/retry/stop", StopAsync).WithMetadata(new OperatorAction("stopRetry")).WithWeight(1);
        commits.MapGet("/{task_id}", ShowAsync).WithWeight(8);
        commits.MapGet("/{task_id}/live", WatchAsync).WithWeight(4);
        Map("cancel", static (store, user, id, token) => store.Tasks.CancelAsync(user, id, token));
        Map("retry", static (store, user, id, token) => store.Tasks.RetryAsync(user, id, token));
        MapControl("suspend", static (client, id, reason, token) => client.SuspendInstanceAsync(id, reason, token));
        MapControl("resume", static (client, id, reason, token) => client.ResumeInstanceAsync(id, reason, token));
        MapControl("terminate", static (client, id, reason, token) => client.TerminateInstanceAsync(id, reason, token));

        void Map(string name, Func<SessionStore, UserKey, string, CancellationToken, Task> change) => commits.MapPost(
            "/{task_id}/" + name,
            async (HttpContext http, CommitViewer viewer, OrchestrationClient client, SessionStore store, string task_id) =>
            {
                (_, CommitRow row) = await FindAsync(http, viewer, client, task_id);
                await change(store, new UserKey(row.Account, row.User), row.Id, http.RequestAborted);
                return Back(http, viewer, row.Id, name);
            }).WithWeight(25);

        void MapControl(string name, Func<OrchestrationClient, string, string?, CancellationToken, Task> control) => commits.MapPost(
            "/{task_id}/" + name,
            async (HttpContext http, Operator by, OrchestrationClient client, string task_id) =>
            {
                var viewer = new CommitViewer(null, null);
                (_, CommitRow row) = await FindAsync(http, viewer, client, task_id);
                IFormCollection form = await http.Request.ReadFormAsync(http.RequestAborted);
                string reason = form["reason"].ToString();
                if (reason.Length > MaxReasonLength)
                {
                    throw ApiException.Invalid(
                        Location.Body.At("reason"), $"must be at most {MaxReasonLength} characters.", "string_length");
                }

                await control(client, row.Id, reason.Length > 0 ? reason : "by an operator at the page", http.RequestAborted);
                return Back(http, viewer, row.Id, name);
            }).WithMetadata(new OperatorAction(name)).WithWeight(8);
    }

    private static async Task<IResult> ListAsync(HttpContext http, Operator _, CommitBoard board, BulkRetry retry, TimeProvider time)
    {
        var filter = CommitFilter.Of(http);
        int number = Query.Integer(http, "page", 1, MaxPage, otherwise: 1);
        BoardSnapshot all = await board.ReadAsync(http.RequestAborted);
        IReadOnlyList<CommitRow> shown = all.Shown(filter, time.GetUtcNow());
        CommitRow[] rows = [.. shown.Skip((number - 1) * RowsAtOnce).Take(RowsAtOnce)];
        return http.OperatorsPage<CommitsPage>(new CommitListing(filter, all, rows, shown.Count, number, retry.Last));
    }

    // What the filter shows when the request comes, and not what a page has shown before.
    private static async Task<IResult> RetryAllAsync(HttpContext http, Operator _, CommitBoard board, BulkRetry retry, TimeProvider time)
    {
        IFormCollection form = await http.Request.ReadFormAsync(http.RequestAborted);
        CommitFilter filter = CommitFilter.Read(name => form[name].ToString());
        BoardSnapshot all = await board.ListAllAsync(http.RequestAborted);
        string said = !retry.TryBegin(all.Shown(filter, time.GetUtcNow())) ? Notices.NothingToRetry
            : all.IsWhole ? Notices.Retrying
            : Notices.RetryingSome;
        return new SeeOther(PageContext.Of(http).Link("/commits", [.. filter.Query, ("said", said)]));
    }

    private static SeeOther StopAsync(HttpContext http, Operator _, BulkRetry retry)
    {
        retry.Stop();
        return new SeeOther(PageContext.Of(http).Link("/commits", ("said", Notices.Stopped)));
    }

    private static async Task<IResult> ShowAsync(
        HttpContext http, CommitViewer viewer, OrchestrationClient client, SessionStore store, TimeProvider time, string task_id)
    {
        (OrchestrationMetadata instance, CommitRow row) = await FindAsync(http, viewer, client, task_id);
        IReadOnlyList<OrchestrationHistoryEvent> history = await client.GetHistoryAsync(row.Id, http.RequestAborted) ?? [];
        CommitTask? task = row.Account.Length == 0
            ? null
            : await store.Tasks.GetAsync(new UserKey(row.Account, row.User), row.Id, http.RequestAborted);
        var timeline = CommitTimeline.Of(history, instance, time.GetUtcNow());
        var model = new OneCommit(row, instance, task, timeline, history.Count > 0, viewer.Only is null ? Json(instance, history) : null);
        return viewer.Caller is { } caller ? http.Page<CommitPage>(caller, model) : http.OperatorsPage<CommitPage>(model);
    }

    private static async Task<IResult> WatchAsync(HttpContext http, CommitViewer viewer, OrchestrationClient client, string task_id)
    {
        (_, CommitRow row) = await FindAsync(http, viewer, client, task_id);
        return new LiveStream($"commit {row.Id}", async token =>
        {
            OrchestrationMetadata? now = await client.GetInstanceAsync(row.Id, token);
            return now is null ? "gone" : $"{now.Generation}.{now.LastUpdatedAt.UtcTicks}.{now.RuntimeStatus}";
        });
    }

    private static SeeOther Back(HttpContext http, CommitViewer viewer, string id, string said) =>
        new(PageContext.Of(http, viewer.Caller).Link($"/commits/{id}", ("said", said)));

    private static async Task<(OrchestrationMetadata Instance, CommitRow Row)> FindAsync(
        HttpContext http, CommitViewer viewer, OrchestrationClient client, string id) =>
        CommitId.TryParse(id, out _)
        && await client.GetInstanceAsync(id, http.RequestAborted) is { } instance
        && CommitRow.Of(instance) is { } row
        && viewer.Sees(row)
            ? (instance, row)
            : throw new TaskNotFoundException(id);

    private static string Json(OrchestrationMetadata instance, IReadOnlyList<OrchestrationHistoryEvent> history)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, s_json))
        {
            OrchestrationJsonWriter.Write(json, instance, showInput: true, history, showOutput: true);
        }

        // What is written raw keeps the form it was stored in.
        using JsonDocument document = JsonDocument.Parse(buffer.WrittenMemory);
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text, s_json))
        {
            document.WriteTo(json);
        }

        return Encoding.UTF8.GetString(text.ToArray());
    }
}
