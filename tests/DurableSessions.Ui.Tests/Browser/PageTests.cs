using System.Text.Json;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using DurableSessions.Core.Tasks;
using DurableSessions.Ui.Tests.Hosting;
using Microsoft.Playwright;

namespace DurableSessions.Ui.Tests.Browser;

/// <summary>The pages in a real browser.</summary>
[Collection<FurnishedCollection>]
public sealed class PageTests(Furnished furnished, Chromium browser)
{
    /// <summary>The folder for pictures of all pages, to be looked at; none are made where it is not set.</summary>
    private const string Pictures = "DURABLE_SESSIONS_PICTURES";

    private static readonly int[] s_widths = [320, 360, 768, 1280];

    private static readonly (string Name, string Path)[] s_pages =
    [
        ("sessions", "/ui/sessions"),
        ("none-found", "/ui/sessions?q=nothing"),
        ("live", "/ui/sessions/support-2026"),
        ("archives", "/ui/sessions/support-2026/archives"),
        ("archive", "/ui/sessions/support-2026/archives/1"),
        ("diff", "/ui/sessions/support-2026/archives/1/memories"),
        ("commits", "/ui/sessions/support-2026/commits?said=committed"),
        ("context", "/ui/sessions/support-2026/context?budget=4000"),
        ("memories", "/ui/memories"),
        ("memory", "/ui/memories/events/remembered"),
        ("not-found", "/ui/nothing"),
    ];

    [Fact]
    public async Task Every_page_keeps_the_rules_of_accessibility_and_its_policy_in_both_colours_and_at_every_width()
    {
        await using IBrowserContext context = await browser.OpenAsync(furnished.Host.Address);
        IPage page = await context.NewPageAsync();
        var errors = new List<string>();
        page.Console += (_, message) =>
        {
            // The browser notes the status of the two pages that are errors.
            if (message.Type == "error" && !message.Text.Contains("with a status of 40", StringComparison.Ordinal))
            {
                errors.Add(message.Text);
            }
        };
        await page.GotoAsync("/ui");
        await CheckAsync(page, "sign-in");
        await page.SignInAsync(furnished.Key, "/ui/sessions");
        foreach ((string name, string path) in s_pages)
        {
            await page.GotoAsync(path);
            await CheckAsync(page, name);
        }

        await page.GotoAsync("/ui/sign-in");
        await page.SignInAsync(furnished.OperatorsKey, "/ui/commits");
        string commit = (await furnished.Host.Store.Tasks.ListAsync(
            furnished.Session.Owner, new CommitTaskQuery(), TestContext.Current.CancellationToken))[^1].TaskId;
        foreach ((string name, string path) in ((string, string)[])
            [
                ("all-commits", "/ui/commits"), ("no-commits", "/ui/commits?state=suspended"), ("commit", $"/ui/commits/{commit}"),
                ("host", "/ui/host"),
            ])
        {
            await page.GotoAsync(path);
            foreach (ILocator closed in await page.Locator("details:not([open]) > summary").AllAsync())
            {
                await closed.ClickAsync();
            }

            await CheckAsync(page, name);
        }

        Assert.Empty(errors);
    }

    [Fact]
    public async Task What_changes_is_shown_without_a_load_and_leaves_what_is_typed()
    {
        await using IBrowserContext context = await browser.OpenAsync(furnished.Host.Address);
        IPage page = await context.NewPageAsync();
        await page.GotoAsync("/ui/sessions/planning");
        await page.SignInAsync(furnished.Key, "/ui/sessions/planning");
        await page.EvaluateAsync("window.isTheSamePage = true");
        await page.FillAsync("#keep", "7");
        await furnished.Host.AppendAsync(furnished.Session.Owner.Session("planning"), ("user", "Something new is said."));
        await page.GetByText("Something new is said.").WaitForAsync();
        Assert.Equal("7", await page.InputValueAsync("#keep"));
        await page.GotoAsync("/ui/sessions/planning/commits");
        await page.EvaluateAsync("window.isTheSamePage = true");
        await furnished.Host.CommitAsync(furnished.Session.Owner.Session("planning"));
        await page.GetByText("completed").First.WaitForAsync();
        Assert.True(await page.EvaluateAsync<bool>("window.isTheSamePage"));
    }

    [Fact]
    public async Task The_keyboard_alone_signs_in_navigates_and_signs_out()
    {
        await using IBrowserContext context = await browser.OpenAsync(furnished.Host.Address);
        IPage page = await context.NewPageAsync();
        await page.GotoAsync("/ui/sessions/support-2026");
        await page.Keyboard.PressAsync("Tab");
        Assert.Equal("Skip to content", await FocusedAsync(page));
        await TabToAsync(page, "key");
        await page.Keyboard.TypeAsync(furnished.Key);
        await page.Keyboard.PressAsync("Enter");
        await page.ArriveSignedInAsync("/ui/sessions/support-2026");
        Assert.Equal("support-2026", await page.TextContentAsync("h1"));

        await TabToAsync(page, "Archives");
        await page.Keyboard.PressAsync("Enter");
        await page.ArriveAsync("/ui/sessions/support-2026/archives");
        await TabToAsync(page, "Archive 1");
        await page.Keyboard.PressAsync("Enter");
        await page.ArriveAsync("/ui/sessions/support-2026/archives/1");
        await TabToAsync(page, "Memories");
        await page.Keyboard.PressAsync("Enter");
        await page.ArriveAsync("/ui/memories");
        await TabToAsync(page, "Sign out");
        await page.Keyboard.PressAsync("Enter");
        await page.ArriveAsync("/ui/sign-in.*");
        Assert.Contains("You are signed out.", await page.ContentAsync(), StringComparison.Ordinal);
        IReadOnlyList<BrowserContextCookiesResult> cookies = await context.CookiesAsync();
        Assert.DoesNotContain(cookies, static c => c.Name.EndsWith("_key", StringComparison.Ordinal));
    }

    private static async Task CheckAsync(IPage page, string name)
    {
        foreach (ColorScheme colors in (ColorScheme[])[ColorScheme.Dark, ColorScheme.Light])
        {
            await page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = colors, ReducedMotion = ReducedMotion.Reduce });
            AxeResult result = await page.RunAxe();
            Assert.True(
                result.Violations.Length == 0,
                string.Join("\n", result.Violations.Select(v =>
                    $"{name}, {colors}: {v.Id}: {v.Help}: {string.Join("; ", v.Nodes.Select(static n => n.Html))}")));
        }

        foreach (int width in s_widths)
        {
            await page.SetViewportSizeAsync(width, 800);
            await LookAsync(page, name, width);
        }
    }

    private static async Task LookAsync(IPage page, string name, int width)
    {
        if (Environment.GetEnvironmentVariable(Pictures) is { Length: > 0 } folder)
        {
            await page.EmulateMediaAsync(
                new PageEmulateMediaOptions { ColorScheme = width == 768 ? ColorScheme.Dark : ColorScheme.Light });
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, $"{name}-{width}.png"), FullPage = true });
        }

        int scrolled = await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        Assert.True(scrolled <= 0, $"{name} is {scrolled} pixels wider than {width}.");
        JsonElement small = await page.EvaluateAsync<JsonElement>(
            """
            [...document.querySelectorAll('button, .button, input:not([type=hidden]), select, nav a, summary')]
                .filter(e => e.getBoundingClientRect().height < 43.5 && e.getBoundingClientRect().width > 1)
                .map(e => e.outerHTML.slice(0, 120))
            """);
        Assert.True(small.GetArrayLength() == 0, $"Too small to hit on {name}: {small}");
    }

    private static Task<string> FocusedAsync(IPage page) => page.EvaluateAsync<string>(
        "document.activeElement.id || document.activeElement.textContent.trim()");

    private static async Task TabToAsync(IPage page, string target)
    {
        for (int i = 0; i < 40; i++)
        {
            if (await FocusedAsync(page) == target)
            {
                return;
            }

            await page.Keyboard.PressAsync("Tab");
        }

        Assert.Fail($"The keyboard does not reach '{target}'.");
    }
}
