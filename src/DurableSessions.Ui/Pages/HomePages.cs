using DurableSessions.Http.Callers;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Keys;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DurableSessions.Ui.Pages;

/// <summary>Where the pages begin.</summary>
internal static class HomePages
{
    public static void MapHome(this IEndpointRouteBuilder ui) => ui.MapGet("/", HomeAsync);

    // A user's sessions; for an operator, who has none, what there is to see.
    private static async Task<IResult> HomeAsync(HttpContext http, ICallerSource callers)
    {
        try
        {
            Caller caller = await callers.IdentifyAsync(http);
            return new SeeOther(PageContext.Of(http, caller).Link("/sessions"));
        }
        catch (ApiException) when (http.Features.Get<RequestKey>() is { Key.IsOperator: true })
        {
            return new SeeOther(PageContext.Of(http).Link("/commits"));
        }
    }
}
