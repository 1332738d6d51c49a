using DurableSessions.Http.Audit;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Keys;
using DurableSessions.Ui.Pages;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DurableSessions.Ui.Signing;

/// <summary>Signs a browser in by a key, and out.</summary>
internal static class SignIn
{
    public const string Path = "/sign-in";

    /// <summary>The form, by itself.</summary>
    public static IResult Show(HttpContext http) =>
        FindForm(http, PageContext.Of(http), error: null)!;

    /// <summary>
    /// The form, for a request that is not authenticated; <see langword="null"/> where storage does not give what protects it.
    /// </summary>
    public static IResult? FindForm(HttpContext http, PageContext page, ApiError? error)
    {
        try
        {
            page.Token();
        }
        catch (ApiException) when (error is not null)
        {
            return null;
        }

        // Who has sent no key has made no mistake.
        string? wrong = error is null || error.Refusal == RefusalReason.NoKey ? null : error.Message;
        string wanted = http.Request.Path.StartsWithSegments(UiPaths.Root + Path, StringComparison.OrdinalIgnoreCase)
            ? http.Items[nameof(SignIn)] as string ?? http.Request.Query["return"].ToString()
            : HttpMethods.IsGet(http.Request.Method) ? page.Here : "";
        var parameters = new Dictionary<string, object?>
        {
            [nameof(SignInPage.Page)] = page,
            [nameof(SignInPage.Wrong)] = wrong,
            [nameof(SignInPage.Return)] = UiPaths.IsLocal(wanted) ? wanted : UiPaths.Root,
        };
        return new RazorComponentResult<SignInPage>(parameters) { StatusCode = error?.HttpStatus ?? StatusCodes.Status200OK };
    }

    /// <summary>Checks a key, and keeps it in the cookie.</summary>
    /// <exception cref="ApiException">401: it is none, or it has expired.</exception>
    public static async Task<IResult> EnterAsync(HttpContext http, ICallerSource callers)
    {
        IFormCollection form = await http.Request.ReadFormAsync(http.RequestAborted);
        string key = form["key"].ToString().Trim();
        string wanted = form["return"].ToString();
        http.Items[nameof(SignIn)] = wanted;
        if (KeyText.IdOf(key) is null)
        {
            throw new ApiException(ApiError.Unauthenticated(
                key.Length == 0 ? "Enter a key." : "This is no key: a key begins with dsk_ and has 60 characters.",
                RefusalReason.UnknownKey));
        }

        SessionCookie.Present(http.Request, key);
        await callers.RejectInvalidKeyAsync(http);
        SessionCookie.Set(http, key);
        return See(UiPaths.IsLocal(wanted) ? wanted : UiPaths.Root);
    }

    /// <summary>Forgets the key. A request without one is answered the same.</summary>
    public static IResult Leave(HttpContext http)
    {
        SessionCookie.Clear(http);
        return See($"{UiPaths.Root}{Path}?said={Notices.SignedOut}");
    }

    private static SeeOther See(string path) => new(path);
}
