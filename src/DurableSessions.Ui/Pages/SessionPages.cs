using System.Buffers.Text;
using System.Globalization;
using System.Text;
using DurableSessions.Core;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Context;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Sessions;
using DurableSessions.Core.Tasks;
using DurableSessions.Http;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Requests;
using DurableSessions.Ui.Content;
using DurableSessions.Ui.Live;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DurableSessions.Ui.Pages;

/// <summary>A user's sessions: what is live, archived, committed, and what an agent reads of it.</summary>
internal static class SessionPages
{
    private const int ListedAtOnce = 100;
    private const int ArchivesAtOnce = 20;
    private const int CommitsAtOnce = 16;
    private const int DefaultBudget = 8_000;
    private const int ContextMessages = 100;

    public static void MapSessionPages(this IEndpointRouteBuilder ui)
    {
        RouteGroupBuilder sessions = ui.MapGroup("/sessions");
        sessions.MapGet("/", ListAsync).WithWeight(2);
        sessions.MapGet("/{session_id}", LiveAsync).WithWeight(12);
        sessions.MapGet("/{session_id}/live", WatchAsync).WithWeight(4);
        sessions.MapPost("/{session_id}/commit", CommitAsync).WithWeight(25);
        sessions.MapGet("/{session_id}/archives", ArchivesAsync).WithWeight(1 + (2 * ArchivesAtOnce));
        sessions.MapGet("/{session_id}/archives/{number:int:min(1)}", ArchiveAsync).WithWeight(5);
        sessions.MapGet("/{session_id}/archives/{number:int:min(1)}/memories", DiffAsync).WithWeight(5);
        sessions.MapPost("/{session_id}/archives/{number:int:min(1)}/memories/undo", UndoAsync)
            .WithWeight(5 + (3 * MemoryLimits.MaxChanges));
        sessions.MapGet("/{session_id}/commits", CommitsAsync).WithWeight(7 + (2 * CommitsAtOnce));
        sessions.MapGet("/{session_id}/commits/live", WatchCommitsAsync).WithWeight(7 + (2 * CommitsAtOnce));
        sessions.MapGet("/{session_id}/context", ContextAsync).WithWeight(6);
    }

    private static async Task<IResult> ListAsync(HttpContext http, Caller caller, SessionStore store)
    {
        string search = Query.Text(http, "q", SessionKey.MaxIdLength)?.Trim() ?? "";
        if (search.Length > 0)
        {
            Ids.Check(search, Location.Query("q"));
        }

        SessionPage page = await ListingCursor.ContinueAsync(
            http,
            cursor => store.Sessions.ListAsync(caller.Owner, search, ListedAtOnce, cursor, http.RequestAborted),
            static p => p.Cursor);
        string? next = page.Cursor is { } marker ? Base64Url.EncodeToString(Encoding.UTF8.GetBytes(marker)) : null;
        return http.Page<SessionsPage>(
            caller, new SessionList(search, page.Items, next, string.IsNullOrEmpty(http.Request.Query["cursor"])));
    }

    // The newest page of messages first, as they are counted when the page is asked for.
    private static async Task<IResult> LiveAsync(HttpContext http, Caller caller, SessionStore store, string session_id)
    {
        SessionKey key = caller.Session(session_id);
        SessionInfo info = await store.Sessions.GetAsync(key, autoCreate: false, http.RequestAborted);
        int from = Query.Integer(
            http, "from", 0, int.MaxValue, otherwise: Math.Max(0, info.MessageCount - 1) / MessagePage.Size * MessagePage.Size);
        LiveMessages live = await store.Sessions.FindLiveAsync(key, http.RequestAborted) ?? throw new SessionNotFoundException(key);
        return http.Page<LivePage>(caller, new LiveSession(info, await MessagePage.ReadAsync(http, live.Messages, from)));
    }

    private static async Task<IResult> WatchAsync(HttpContext http, Caller caller, SessionStore store, string session_id)
    {
        SessionKey key = caller.Session(session_id);
        await store.Sessions.GetAsync(key, autoCreate: false, http.RequestAborted);
        return new LiveStream(
            $"session {key}", async token => CommitsWatch.VersionOf(await store.Sessions.GetAsync(key, autoCreate: false, token)));
    }

    private static async Task<IResult> CommitAsync(HttpContext http, Caller caller, SessionStore store, string session_id)
    {
        SessionKey key = caller.Session(session_id);
        IFormCollection form = await http.Request.ReadFormAsync(http.RequestAborted);
        if (!int.TryParse(form["keep"], NumberStyles.None, CultureInfo.InvariantCulture, out int keep)
            || keep > CommitRequest.MaxKeepRecentCount)
        {
            throw ApiException.Invalid(
                Location.Body.At("keep"), $"must be a number, 0 to {CommitRequest.MaxKeepRecentCount}.", "int_range");
        }

        CommitAnswer answer = await store.Commits.CommitAsync(
            key, new CommitRequest { KeepRecentCount = keep }, http.RequestAborted);
        string said = answer.Task is null ? Notices.Nothing : Notices.Committed;
        return new SeeOther(PageContext.Of(http, caller).SessionLink(key.Id, "/commits", ("said", said)));
    }

    private static async Task<IResult> ArchivesAsync(HttpContext http, Caller caller, SessionStore store, string session_id)
    {
        SessionKey key = caller.Session(session_id);
        int before = Query.Integer(http, "before", 1, int.MaxValue, otherwise: int.MaxValue);
        IReadOnlyList<ArchiveInfo> archives = await store.Archives.ListAsync(key, ArchivesAtOnce, before, http.RequestAborted);
        int? next = archives.Count == ArchivesAtOnce && archives[^1].Number > 1 ? archives[^1].Number : null;
        return http.Page<ArchivesPage>(caller, new ArchiveList(key.Id, archives, next));
    }

    private static async Task<IResult> ArchiveAsync(HttpContext http, Caller caller, SessionStore store, string session_id, int number)
    {
        SessionKey key = caller.Session(session_id);
        int from = Query.Integer(http, "from", 0, int.MaxValue, otherwise: 0);
        Archive archive = await store.Archives.GetAsync(key, number, http.RequestAborted);
        return http.Page<ArchivePage>(
            caller, new ArchiveContent(key.Id, archive.Info, await MessagePage.ReadAsync(http, archive.Messages, from)));
    }

    private static async Task<IResult> DiffAsync(HttpContext http, Caller caller, SessionStore store, string session_id, int number)
    {
        SessionKey key = caller.Session(session_id);
        return http.Page<DiffPage>(
            caller, new ArchiveDiff(key.Id, number, await store.Memories.FindDiffAsync(key, number, http.RequestAborted)));
    }

    private static async Task<IResult> UndoAsync(HttpContext http, Caller caller, SessionStore store, string session_id, int number)
    {
        SessionKey key = caller.Session(session_id);
        await store.Memories.UndoAsync(key, number, http.RequestAborted);
        return new SeeOther(PageContext.Of(http, caller).SessionLink(
            key.Id, string.Create(CultureInfo.InvariantCulture, $"/archives/{number}/memories"), ("said", Notices.Undone)));
    }

    private static async Task<IResult> CommitsAsync(HttpContext http, Caller caller, SessionStore store, string session_id)
    {
        SessionKey key = caller.Session(session_id);

        // A listing of what is not there is empty: the session is looked for.
        await store.Sessions.GetAsync(key, autoCreate: false, http.RequestAborted);
        var query = new CommitTaskQuery { Session = key.Id, Limit = CommitsAtOnce };
        return http.Page<SessionCommitsPage>(
            caller, new CommitList(key.Id, await store.Tasks.ListAsync(caller.Owner, query, http.RequestAborted)));
    }

    private static async Task<IResult> WatchCommitsAsync(HttpContext http, Caller caller, SessionStore store, string session_id)
    {
        SessionKey key = caller.Session(session_id);
        await store.Sessions.GetAsync(key, autoCreate: false, http.RequestAborted);
        return new LiveStream($"commits of {key}", new CommitsWatch(store, key, CommitsAtOnce).ReadAsync);
    }

    private static async Task<IResult> ContextAsync(HttpContext http, Caller caller, SessionStore store, string session_id)
    {
        SessionKey key = caller.Session(session_id);
        int budget = Query.Integer(http, "budget", 0, RequestLimits.MaxTokenBudget, otherwise: DefaultBudget);
        RequestCost? cost = RequestCost.Find(http);
        ReadBytes? read = cost is null ? null : (bytes, _) =>
        {
            cost.Take(RequestCost.Of(bytes));
            return ValueTask.CompletedTask;
        };
        SessionContext context = await store.Sessions.ReadContextAsync(
            key, budget, query: null, memories: null, BodyLease.ForAnswer(http), read, http.RequestAborted);
        ReadOnlyMemory<byte>[] all = [.. context.Recalled, .. context.Messages];
        MessageView[] shown = [.. all.TakeLast(ContextMessages).Select(static line => MessageView.Of(SessionMessage.Parse(line)))];
        return http.Page<ContextPage>(caller, new BudgetedContext(key.Id, budget, context, shown, all.Length - shown.Length));
    }
}
