using System.Globalization;
using DurableSessions.Core.Identities;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Keys;
using DurableSessions.Ui.Signing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Ui;

/// <summary>What every page knows of its request.</summary>
public sealed class PageContext
{
    private readonly HttpContext _http;

    private PageContext(HttpContext http, Viewer viewer, DateTimeOffset now)
    {
        _http = http;
        Viewer = viewer;
        Now = now;
        Notice = Notices.Find(http.Request.Query["said"].ToString());
    }

    /// <summary>For whom it is.</summary>
    public Viewer Viewer { get; }

    /// <summary>By the host's clock.</summary>
    public DateTimeOffset Now { get; }

    /// <summary>What the request before has done, one of a few fixed texts; <see langword="null"/>: nothing.</summary>
    public string? Notice { get; init; }

    /// <summary>Where the request asked for another page than this one: the sign-in form leads there.</summary>
    public string Here => _http.Request.PathBase + _http.Request.Path + _http.Request.QueryString;

    /// <summary>The context of a request.</summary>
    /// <param name="http">The request.</param>
    /// <param name="caller">The user it is authenticated as; <see langword="null"/> where it is not, or is an operator's.</param>
    internal static PageContext Of(HttpContext http, Caller? caller = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        bool isDev = http.RequestServices.GetRequiredService<ICallerSource>().AuthMode == DevCallerSource.Mode;
        ApiKey? key = http.Features.Get<RequestKey>()?.Key;
        UserKey? user = caller?.Owner ?? (key is { Account: { } account, User: { } name } ? new UserKey(account, name) : null);
        var viewer = new Viewer(isDev, user, !isDev && key?.IsOperator == true, key?.IsReadOnly == true, key?.Name);
        return new PageContext(http, viewer, http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow());
    }

    /// <summary>The address of a page, with what tells in dev mode whose it is.</summary>
    /// <param name="path">From <c>/ui</c> on, such as <c>/sessions</c>; each segment escaped.</param>
    /// <param name="query">Names and values; those without a value are left out.</param>
    public string Link(string path, params IReadOnlyList<(string Name, string? Value)> query)
    {
        IEnumerable<(string Name, string? Value)> all = query;
        if (Viewer is { IsDev: true, User: { } user })
        {
            all = all.Append(("account", user.Account == "default" ? null : user.Account))
                .Append(("user", user.User == "default" ? null : user.User));
        }

        string text = string.Join('&', all.Where(static q => !string.IsNullOrEmpty(q.Value))
            .Select(static q => $"{q.Name}={Uri.EscapeDataString(q.Value!)}"));
        return $"{_http.Request.PathBase}{UiPaths.Root}{path}{(text.Length > 0 ? "?" : "")}{text}";
    }

    /// <summary>The address of a page of a session.</summary>
    /// <param name="id">The session.</param>
    /// <param name="path">Behind the session, such as <c>/archives</c>.</param>
    /// <param name="query">As in <see cref="Link"/>.</param>
    public string SessionLink(string id, string path = "", params IReadOnlyList<(string Name, string? Value)> query) =>
        Link($"/sessions/{Uri.EscapeDataString(id)}{path}", query);

    /// <summary>The address of an asset: it changes with its content, so that browsers may keep it for ever.</summary>
    /// <param name="name">Such as <c>ui.css</c>.</param>
    public string Asset(string name) => $"{_http.Request.PathBase}{Assets.Link(name)}";

    /// <summary>The field that a form sends back: its name and its value.</summary>
    public (string Name, string Value) Token() => FormTokens.Make(_http);

    /// <summary>How long a time is, in one unit.</summary>
    /// <param name="time">The time.</param>
    public static string Span(TimeSpan time) => time switch
    {
        { TotalMilliseconds: < 1 } => "0 ms",
        { TotalSeconds: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms"),
        { TotalSeconds: < 120 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#} s"),
        { TotalMinutes: < 120 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0} min"),
        { TotalHours: < 48 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalDays:0} days"),
    };

    /// <summary>How long ago a time is, in one unit.</summary>
    /// <param name="at">The time.</param>
    public string Ago(DateTimeOffset at)
    {
        TimeSpan age = Now - at;
        return age switch
        {
            { Ticks: < 0 } => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture),
            { TotalSeconds: < 60 } => "just now",
            { TotalMinutes: < 60 } => Text((int)age.TotalMinutes, "min"),
            { TotalHours: < 24 } => Text((int)age.TotalHours, "h"),
            { TotalDays: < 60 } => Text((int)age.TotalDays, age.TotalDays < 2 ? "day" : "days"),
            _ => at.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        };

        static string Text(int number, string unit) => string.Create(CultureInfo.InvariantCulture, $"{number} {unit} ago");
    }
}
