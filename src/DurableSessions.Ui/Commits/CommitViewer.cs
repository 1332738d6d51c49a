using DurableSessions.Core.Identities;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Keys;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Ui.Commits;

/// <summary>Who looks at one commit: an operator at each, a user at those of its own sessions.</summary>
/// <param name="Only">The user; <see langword="null"/>: an operator, or dev mode.</param>
/// <param name="Caller">The user as a caller.</param>
public sealed record CommitViewer(UserKey? Only, Caller? Caller)
{
    /// <summary>Authenticates the request.</summary>
    public static async ValueTask<CommitViewer> BindAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var callers = context.RequestServices.GetRequiredService<ICallerSource>();
        try
        {
            await callers.RequireOperatorAsync(context);
            return new CommitViewer(null, null);
        }
        catch (ApiException) when (context.Features.Get<RequestKey>() is { Key.IsOperator: false })
        {
            Caller caller = await callers.IdentifyAsync(context);
            return new CommitViewer(caller.Owner, caller);
        }
    }

    /// <summary>Whether a commit is shown.</summary>
    /// <param name="row">The commit.</param>
    public bool Sees(CommitRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return Only is null || (row.Account == Only.Account && row.User == Only.User);
    }
}
