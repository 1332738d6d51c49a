using DurableSessions.Http.Callers;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DurableSessions.Ui.Pages;

/// <summary>Answers with pages.</summary>
internal static class PageResults
{
    /// <summary>A page without data.</summary>
    public static IResult Page<TPage>(this HttpContext http)
        where TPage : IComponent => new RazorComponentResult<TPage>(
            new Dictionary<string, object?> { ["Page"] = PageContext.Of(http) });

    /// <summary>A page for operators, or of all users in dev mode.</summary>
    public static IResult OperatorsPage<TPage>(this HttpContext http, object model)
        where TPage : IComponent => new RazorComponentResult<TPage>(
            new Dictionary<string, object?> { ["Page"] = PageContext.Of(http), ["Model"] = model });

    /// <summary>A page of a user's data, which is all read.</summary>
    public static IResult Page<TPage>(this HttpContext http, Caller caller, object model)
        where TPage : IComponent => new RazorComponentResult<TPage>(
            new Dictionary<string, object?> { ["Page"] = PageContext.Of(http, caller), ["Model"] = model });
}
