using System.Globalization;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Http.Limits;

/// <summary>
/// Refuses requests that storage could not serve in time, before anything is begun for them; the others are <see cref="NewWork"/> to
/// storage. It is before authentication and the rate limit: a request that is refused costs no token and no storage request.
/// </summary>
internal sealed class StorageLoadMiddleware(RequestDelegate next)
{
    private const int MostSeconds = 30;

    public async Task InvokeAsync(HttpContext context)
    {
        // What has no endpoint is answered without storage.
        if (context.GetEndpoint() is { } endpoint
            && endpoint.Metadata.GetMetadata<AnsweredUnderLoad>() is null
            && context.RequestServices.GetService<SessionStorage>()?.Load is { } load)
        {
            TimeSpan wait = load.ExpectedWait;
            if (wait > StorageLoad.LongestExpectedWait)
            {
                int seconds = (int)Math.Min(MostSeconds, Math.Ceiling(wait.TotalSeconds));
                string text = string.Create(
                    CultureInfo.InvariantCulture, $"Storage is busy. Nothing was begun; try again in {seconds} s.");
                throw new ApiException(ApiError.Unavailable(text, seconds));
            }

            NewWork.Enter();
        }

        await next(context);
    }
}
